#lang racket/base
;; Inception (Szegedy et al., 2015): parallel branches of different kernels whose channels are put
;; together, 1 to 4 such blocks with pooling between them, and a linear layer on the mean of each
;; channel.

(require "../../kanren/main.rkt" "../architecture.rkt" "../space.rkt")

(define-space (inception architecture input classes #:account account)
  "1 to 4 blocks of parallel convolutions"
  #:input (3 32 32) #:classes 10 #:max-params 300000 #:ends-with (linear 1 classes)
  (fresh (layers)
    (architectureo architecture input layers)
    (inception-blockso layers input classes account 4)))

(defrel (inception-blockso layers in classes account blocks)
  (fresh (c h w narrow wide block branches rest out fewer a b)
    (== in `(,c ,h ,w))
    (fd (> blocks 0))
    (fd (= fewer (- blocks 1)))
    (infd narrow '(4 8 16))
    (infd wide '(8 16 32))
    (== block `(concat . ,branches))
    (== layers `(,block (relu) . ,rest))
    (brancheso branches c narrow wide)
    (layero block in out account a)
    (layero '(relu) out out a b)
    (labelfd narrow wide)
    (after-inceptiono rest out classes b fewer)))

;; Two to four of: a 1×1 convolution, a 3×3 or 5×5 one behind a 1×1 one, a pooling with a 1×1 one
;; behind it.
(defrel (brancheso branches c narrow wide)
  (fresh (one three five pooled)
    (== one `((conv2d ,c ,wide 1 1 0)))
    (== three `((conv2d ,c ,narrow 1 1 0) (relu) (conv2d ,narrow ,wide 3 1 1)))
    (== five `((conv2d ,c ,narrow 1 1 0) (relu) (conv2d ,narrow ,wide 5 1 2)))
    (== pooled `((max-pool2d 3 1 1) (conv2d ,c ,narrow 1 1 0)))
    (conde [(== branches (list one three))] [(== branches (list three five))]
           [(== branches (list one three pooled))] [(== branches (list one three five))]
           [(== branches (list one three five pooled))])))

(defrel (after-inceptiono layers in classes account blocks)
  (fresh (rest out a)
    (conde
      [(mean-heado layers in classes account)]
      [(== layers `((max-pool2d 2 2 0) . ,rest))
       (layero '(max-pool2d 2 2 0) in out account a)
       (inception-blockso rest out classes a blocks)])))
