#lang racket/base
;; Architectures near another one, as templates: each is one change away, its holes are for the
;; relation.

(require racket/list "kinds.rkt" "text.rkt")
(provide loosened edits (struct-out edit))

;; A template with a hole for every argument that must follow from the shape that comes in.
(define (loosened architecture)
  (list 'architecture (second architecture) (loosen (third architecture))))

(define (loosen layers)
  (if (pair? layers) (cons (loosen-layer (car layers)) (loosen (cdr layers))) layers))

(define (loosen-layer layer)
  (cond
    [(not (pair? layer)) layer]
    [(join-of layer) (cons (car layer) (map loosen (cdr layer)))]
    [else (cons (car layer)
                (for/list ([v (in-list (cdr layer))] [a (in-list (kind-arguments (kind-of layer)))])
                  (if (eq? (argument-role a) 'follows) '_ v)))]))

;; An Edit is (edit TEMPLATE OLD FILL): one change made to a template. Where it changes an argument,
;; OLD is the value that a hole replaced, and FILL makes the template with another value in its
;; place, or gives #f for a value that is too small; else both are #f.
(struct edit (template old fill))

;; All edits of a loosened architecture: arguments first, then layers removed, replaced by a hole,
;; inserted.
(define (edits template)
  (define (rebuild layers) (list 'architecture (second template) layers))
  (sort (for/list ([e (in-list (layer-edits (third template)))])
          (edit (rebuild (edit-template e)) (edit-old e)
                (and (edit-fill e)
                     (λ (v) (let ([layers ((edit-fill e) v)])
                              (and layers (rebuild layers)))))))
        < #:key (λ (e) (if (edit-fill e) 0 1))))

;; An edit of a part as an edit of the whole that `wrap` puts around the part.
(define (wrapped e wrap)
  (edit (wrap (edit-template e)) (edit-old e)
        (and (edit-fill e) (λ (v) (let ([part ((edit-fill e) v)]) (and part (wrap part)))))))

(define (layer-edits layers)
  (define here (edit (cons '_ layers) #f #f))
  (cond
    [(pair? layers)
     (define layer (car layers))
     (define rest (cdr layers))
     (append
      (for/list ([e (in-list (inside layer))]) (wrapped e (λ (part) (cons part rest))))
      (list (edit rest #f #f))
      (if (eq? layer '_) '() (list (edit (cons '_ rest) #f #f)))
      (if (and (pair? layer) (kind-first-only? (kind-of layer))) '() (list here))
      (for/list ([e (in-list (layer-edits rest))]) (wrapped e (λ (part) (cons layer part)))))]
    [else (list here)]))

(define (inside layer)
  (cond
    [(not (pair? layer)) '()]
    [(join-of layer)
     (for*/list ([i (in-range 1 (length layer))] [e (in-list (layer-edits (list-ref layer i)))])
       (wrapped e (λ (part) (append (take layer i) (list part) (drop layer (add1 i))))))]
    [else
     (define arguments (kind-arguments (kind-of layer)))
     (define values                     ; with those that were left out
       (append (cdr layer) (map argument-default (drop arguments (length (cdr layer))))))
     (for/list ([v (in-list values)] [a (in-list arguments)] [i (in-naturals)]
                #:unless (or (eq? v '_) (eq? (argument-role a) 'follows)))
       (define (with x)
         (cons (car layer)
               (without-defaults (append (take values i) (list x) (drop values (add1 i)))
                                 arguments)))
       (edit (with '_) v (λ (x) (and (>= x (argument-least a)) (with x)))))]))
