#lang racket/base
;; What layers cost, and budgets on the whole: parameters, multiply-adds, activations, depth.

(require (for-syntax racket/base compiler/cm-accomplice "quantities.rkt") racket/string
         "../kanren/main.rkt" "blocks.rkt" "layer-list.rkt" "layers.rkt" "quantities.rkt"
         "sequence-layers.rkt" "shapes.rkt")
(provide endless quantities budgets->text chargeo settleo freeo with-costs no-costs)

;; An Account is a list of entries (QUANTITY SPENT RESERVE TOTAL), one for each quantity that is kept
;; count of, in the order of `quantities`:
;;   SPENT    by the layers so far
;;   RESERVE  what the layers that must still come cost at least
;;   TOTAL    of the whole network; its domain is the budget

;; Budgets, lists (QUANTITY LEAST MOST), in a person's words; those that are a space's own say so.
(define (budgets->text budgets #:own [own '()])
  (string-join
   (for*/list ([q (in-list quantities)]
               [b (in-value (assq q budgets))] #:when b
               [bound (in-list (list (and (> (cadr b) 0) (format "at least ~a" (cadr b)))
                                     (and (< (caddr b) endless) (format "at most ~a" (caddr b)))))]
               #:when bound)
     (format "~a ~a~a" bound (quantity-word q)
             (if (member b own)
                 (format " (the space's own budget; --max-~a asks for another)" q)
                 "")))
   ", "))

(define endless 1000000000000000)      ; more than any network costs

;; Charges a layer to an account. A network that cannot keep within a budget fails here, while it is
;; still partial. Parameters stand first where more than they are kept count of.
(defrel (chargeo layer in out params account after)
  (fresh (spent next reserve total second rest rest-after)
    (conde
      [(== account `((params ,spent ,reserve ,total)))        ; the usual case, in one step
       (== after `((params ,next ,reserve ,total)))
       (fd (= next (+ spent params)))
       (fd (<= (+ next reserve) total))]
      [(== account '()) (== after '())]
      [(== account `((params ,spent ,reserve ,total) ,second . ,rest))
       (== after `((params ,next ,reserve ,total) . ,rest-after))
       (fd (= next (+ spent params)))
       (fd (<= (+ next reserve) total))
       (charge-otherso layer in out params `(,second . ,rest) rest-after)])))

(define-macs (macso layer in out params macs) torch-layers block-layers sequence-layers)

;; Relates a layer to its cost in each quantity but parameters, as protocol/quantities.json says:
;;   "macs"     multiply-adds of convolutions, linear layers and attention; those of normalisations,
;;              pooling, activations and biases are left out, as is usual
;;   "outputs"  the numbers that the layer gives
;;   N          N for every layer, those inside branches included
;;   {KIND: N}  N for each layer of that kind, 0 for the others
(define-syntax (define-charges stx)
  (syntax-case stx ()
    [(_ (charge-otherso layer in out params account after cost))
     (with-syntax ([table (for/list ([q (in-list quantities)]) (list q (quantity-cost q)))]
                   [((name goal) ...)
                    (for/list ([q (in-list quantities)] #:unless (eq? q 'params))
                      (define said (quantity-cost q))
                      (list q
                            (cond
                              [(equal? said "macs") #'(macso layer in out params cost)]
                              [(equal? said "outputs") #'(sizeo out cost)]
                              [(hash? said)
                               (with-syntax ([(kind ...) (hash-keys said #t)]
                                             [(n ...) (for/list ([kind (hash-keys said #t)])
                                                        (hash-ref said kind))])
                                 #'(fresh (its-kind rest-of-layer)
                                     (== layer `(,its-kind . ,rest-of-layer))
                                     (conde [(== its-kind 'kind) (== cost n)] ...
                                            [(=/= its-kind 'kind) ... (== cost 0)])))]
                              [else #`(== cost #,said)])))])
       (register-external-file (simplify-path (path->complete-path quantities-file)))
       #'(begin
           (check-quantities 'table)
           (defrel (charge-otherso layer in out params account after)
             (fresh (quantity spent next reserve total rest rest-after cost)
               (conde
                 [(== account '()) (== after '())]
                 [(== account `((,quantity ,spent ,reserve ,total) . ,rest))
                  (== after `((,quantity ,next ,reserve ,total) . ,rest-after))
                  (fd (= next (+ spent cost)))
                  (fd (<= (+ next reserve) total))
                  (conde [(== quantity 'name) goal] ...)
                  (charge-otherso layer in out params rest rest-after)])))))]))

(define-charges (charge-otherso layer in out params account after cost))

;; Nothing more will come: what was spent is the total.
(defrel (settleo account)
  (fresh (quantity spent reserve rest)
    (conde [(== account '())]
           [(== account `((,quantity ,spent ,reserve ,spent) . ,rest))
            (settleo rest)])))

;; The same account without reserves: for the last layers, which are what was reserved for.
(defrel (freeo account open)
  (fresh (quantity spent reserve total rest rest-open)
    (conde [(== account '()) (== open '())]
           [(== account `((,quantity ,spent ,reserve ,total) . ,rest))
            (== open `((,quantity ,spent 0 ,total) . ,rest-open))
            (freeo rest rest-open)])))

;; The goal that (make-goal ACCOUNT AFTER) makes, where what is charged between the two accounts comes
;; to the costs, a list of totals in the order of `quantities`.
(define (with-costs costs make-goal)
  (define (account spent totals)
    (for/list ([q (in-list quantities)] [s (in-list spent)] [t (in-list totals)]) (list q s 0 t)))
  (let fresh-totals ([more quantities] [totals '()])
    (if (null? more)
        (conj* (== costs totals) (make-goal (account no-costs totals) (account totals totals)))
        (fresh (total) (fresh-totals (cdr more) (cons total totals))))))

(define no-costs (map (λ (q) 0) quantities))
