#lang racket/base
;; Architectures near another one, as templates: each is one change away, its holes are for the relation.

(require racket/list "text.rkt")
(provide loosened edits)

;; A template with a hole for every argument that must follow from the shape that comes in.
(define (loosened architecture)
  (list 'architecture (second architecture) (loosen (third architecture))))

(define (loosen layers)
  (if (pair? layers) (cons (loosen-layer (car layers)) (loosen (cdr layers))) layers))

(define (loosen-layer layer)
  (cond
    [(not (pair? layer)) layer]
    [(memq (car layer) '(residual concat)) (cons (car layer) (map loosen (cdr layer)))]
    [else (cons (car layer)
                (for/list ([v (in-list (cdr layer))] [a (in-list (kind-arguments (car layer)))])
                  (if (eq? (argument-role a) 'follows) '_ v)))]))

;; All templates one change away from a loosened one, most like it first: a free argument is a hole, a
;; layer is removed, replaced by a hole, or a hole is inserted. Each is (TEMPLATE . PLACE), PLACE being
;; the argument's old value, or #f.
(define (edits template)
  (for/list ([e (in-list (sort (layer-edits (third template)) < #:key (λ (e) (if (cdr e) 0 1))))])
    (cons (list 'architecture (second template) (car e)) (cdr e))))

(define (layer-edits layers)
  (append
   (list (cons (cons '_ layers) #f))
   (if (pair? layers)
       (let ([layer (car layers)] [rest (cdr layers)])
         (append
          (for/list ([e (in-list (inside layer))]) (cons (cons (car e) rest) (cdr e)))
          (list (cons rest #f))
          (if (eq? layer '_) '() (list (cons (cons '_ rest) #f)))
          (for/list ([e (in-list (layer-edits rest))]) (cons (cons layer (car e)) (cdr e)))))
       '())))

(define (inside layer)
  (cond
    [(not (pair? layer)) '()]
    [(memq (car layer) '(residual concat))
     (for*/list ([i (in-range 1 (length layer))] [e (in-list (layer-edits (list-ref layer i)))])
       (cons (append (take layer i) (list (car e)) (drop layer (add1 i))) (cdr e)))]
    [else
     (for/list ([v (in-list (cdr layer))] [a (in-list (kind-arguments (car layer)))] [i (in-naturals 1)]
                #:unless (or (eq? v '_) (eq? (argument-role a) 'follows)))
       (cons (append (take layer i) '(_) (drop layer (add1 i))) v))]))
